# In place of the module for captchas, which takes an image library whether captchas are shown or not.
package NoCaptcha;

use strict;
use Mouse;

extends 'Lemonldap::NG::Portal::Main::Plugin';

sub init { return 1 }

1;
