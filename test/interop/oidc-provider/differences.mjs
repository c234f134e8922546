// What oidc-provider does otherwise than the table says.
const DOCS = 'https://github.com/panva/node-oidc-provider/blob/v9.13.3/docs/README.md';

export const differences = {
  'voluntary acr': {
    outcome: 'nothing asked, acr_unmet, 401',
    why: 'acr_values are a hint, of which its policy enforces nothing. The profile has clients ask for an essential acr.',
    source: DOCS,
  },
  'first of a list': {
    outcome: 'acr_values count for nothing',
    why: 'As above.',
    source: DOCS,
  },
};
