import { profiles } from '../authorization-servers/index.js';

export const USAGE = `Usage: nestjs-step-up doctor <issuer> [options]

Checks an authorization server for step-up authentication (RFC 9470): its metadata, its keys, and on
request a real access token and a real sign-in.

  --acr <value>              what your API will require: a string of the server, or word=strings, such as
                             "mfa=urn:a urn:b". May be repeated; any one of them is enough
  --max-age <seconds>        greatest age of the sign-in that your API will require
  --audience <identifier>    identifier of your API, which tokens name in "aud". May be repeated
  --profile <name>           how this server differs from the RFCs; the names are below
  --acr-claim <name>         claim of access tokens that has the acr, such as https://api.example/acr; a
                             nested one as JSON: '["ext","acr"]'. Default is that of the profile
  --auth-time-claim <name>   the same for auth_time

  --token <file>             examine the access token in this file; "-" reads it from standard input.
                             Default is the variable STEP_UP_TOKEN, where it is set

  --login                    sign in by the authorization code flow: plainly, with the values of --acr,
                             and with --max-age (default 0); needs --client-id
  --client-id <id>           client for --login, with the redirect URI http://127.0.0.1:8734/callback
  --client-secret-env <name> variable that holds its secret. Default is none: a public client
  --scope <scope>            scope to ask for. Default is "openid", which is always asked for
  --resource <identifier>    resource indicator to ask for. Default is none
  --parameter <name=value>   another parameter of the authorization request, such as audience=https://...
                             May be repeated
  --port <port>              port of the redirect URI. Default is 8734; 0 is any that is free
  --timeout <seconds>        how long to wait for each sign-in. Default is 300

  --json                     one JSON object instead of the table: { issuer, diagnostics, exitCode }
  --help                     this text

Profiles: ${Object.keys(profiles).join(', ')}.

Exit code 0: nothing to do. 1: a diagnostic asks for a change. 2: the server could not be examined, or the
command was not understood. Neither tokens nor secrets are printed, and none are taken from the command line.
`;
