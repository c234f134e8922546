/** What the operators agreed on: the clients that the authorization server knows, and the scope of the bank's API. */
export const PAGE_CLIENT = 'bank-page';
export const WALKTHROUGH_CLIENT = 'walkthrough';
export const BFF_CLIENT = 'bff';
export const DOCTOR_CLIENT = 'doctor';
/** Where the walkthrough has its codes sent. No server listens there: the walkthrough reads them from the redirect. */
export const WALKTHROUGH_REDIRECT = 'http://127.0.0.1/callback';
/** Where `nestjs-step-up doctor --login` listens. */
export const DOCTOR_REDIRECT = 'http://127.0.0.1:8734/callback';
export const BANK_SCOPE = 'bank';

/** A host of MCP servers, such as an assistant. */
export const MCP_HOST_CLIENT = 'mcp-host';
export const MCP_HOST_REDIRECT = 'http://127.0.0.1/mcp-host/callback';
