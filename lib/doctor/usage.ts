import { profiles } from '../authorization-servers/index.js';

export const USAGE = `Usage: nestjs-step-up doctor <issuer> [options]

Checks an authorization server for step-up authentication (RFC 9470): its metadata and keys, and if
asked for, a real access token and a real sign-in.

  --acr <value>              what your API requires: a string of the server, or word=strings, such as
                             "mfa=urn:a urn:b". Can be repeated; any one of them is enough
  --max-age <seconds>        greatest age of the sign-in that your API accepts
  --audience <identifier>    identifier of your API, which tokens have in "aud". Can be repeated
  --profile <name>           how this server differs from RFC 9068; the names are below
  --acr-claim <name>         claim of access tokens with the acr, such as https://api.example/acr; a
                             nested one as JSON: '["ext","acr"]'. Default is that of the profile
  --auth-time-claim <name>   the same for auth_time

  --token <file>             check the access token in this file; "-" reads standard input. Default is
                             the variable STEP_UP_TOKEN, if it is set

  --login                    sign in by the authorization code flow: plainly, with the values of --acr,
                             and with --max-age (default 0); needs --client-id
  --client-id <id>           client for --login, with the redirect URI http://127.0.0.1:8734/callback
  --client-secret-env <name> variable that holds its secret. Default is none: a public client
  --scope <scope>            scope to request. Default is "openid", which is always requested
  --resource <identifier>    resource indicator to request. Default is none
  --parameter <name=value>   another parameter of the authorization request, such as audience=https://...
                             Can be repeated
  --port <port>              port of the redirect URI. Default is 8734; 0 takes any free port
  --timeout <seconds>        timeout of each sign-in. Default is 300

  --json                     print one JSON object in place of the table: { issuer, diagnostics, exitCode }
  --help                     print this text

Profiles: ${Object.keys(profiles).join(', ')}.

Exit code 0: nothing to do. 1: a diagnostic asks for a change. 2: the doctor cannot read the server, or
does not understand the command. It prints neither tokens nor secrets, and reads none from the command line.
`;
