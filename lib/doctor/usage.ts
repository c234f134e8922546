import { profiles } from '../authorization-servers/index.js';

/** How each command is called. */
export const SYNOPSIS = `Usage: nestjs-step-up doctor <issuer> [options]
       nestjs-step-up doctor --config <file> [options]
       nestjs-step-up routes <file> [options]     what each handler of an application requires; --help shows more
       nestjs-step-up serve [options]             an authorization server for development; --help shows more
       nestjs-step-up token [options]             an access token of that server; --help shows more
`;

export const USAGE = `${SYNOPSIS}
Checks an authorization server for step-up authentication (RFC 9470): its metadata and keys, and if
asked for, a real access token, what introspection says of it, and a real sign-in.

  --acr <value>              what your API requires: a string of the server, or word=strings, such as
                             "mfa=urn:a urn:b". Can be repeated; any one of them is enough
  --max-age <seconds>        greatest age of the sign-in that your API accepts
  --audience <identifier>    identifier of your API, which tokens have in "aud". Can be repeated
  --profile <name>           how this server differs from RFC 9068; the names are below
  --metadata-uri <url>       where the metadata is, if the server is reached at another address than its issuer
  --jwks-uri <url>           where the keys are. Default is jwks_uri of the metadata
  --allow-insecure-requests  accept http beyond loopback, in a network that you trust
  --acr-claim <name>         claim of access tokens with the acr, such as https://api.example/acr; a
                             nested one as JSON: '["ext","acr"]'. Default is that of the profile
  --auth-time-claim <name>   the same for auth_time
  --config <file>            your options in place of the above: JSON or a JavaScript module that exports those of
                             StepUpModule, one authorization server of them, or a profile. A module runs
  --issuer <issuer>          the issuer, such as one of several in the file of --config

  --token <file>             check the access token in this file; "-" reads standard input. Default is
                             the variable STEP_UP_TOKEN, if it is set

  --introspect               ask the server about the token (RFC 7662), as your API would; with "introspection" in
                             the file of --config, the options below are not needed
  --introspection-endpoint <url>
                             default is that of the metadata
  --introspection-client-id <id>
                             the client that your API is at the server
  --introspection-secret-env <name>
                             variable that holds its secret
  --introspection-secret-file <file>
                             file that holds its secret
  --introspection-key-file <file>
                             file with its private key, as PEM or JWK, for private_key_jwt
  --introspection-auth <method>
                             client_secret_basic, client_secret_post or private_key_jwt. Default is the first
                             with a secret, the last with a key

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
  --version                  print the version

Profiles: ${Object.keys(profiles).join(', ')}.

Exit code 0: nothing to do. 1: a diagnostic asks for a change. 2: the doctor cannot read the server, or
does not understand the command. It prints neither tokens nor secrets, and reads none from the command line.
`;
