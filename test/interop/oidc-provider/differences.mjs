// What oidc-provider does otherwise than the table says.
export const differences = {
  'voluntary acr': {
    outcome: 'nothing asked, acr_unmet, 401',
    why: 'acr_values are a hint, of which its policy enforces nothing. The profile has clients ask for an essential acr.',
  },
  'first of a list': {
    outcome: 'acr pwd',
    why: 'For the same reason.',
  },
};
