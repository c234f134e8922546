/** The pages of the site in the order of its menu. `npm run docs` fails for a page that is not here. */
export const groups = [
  {
    text: 'Start',
    items: [
      { text: 'What it is', link: '/' },
      { text: 'nest add', link: '/nest-add' },
      { text: 'Development server', link: '/development-server' },
      { text: 'Examples', link: '/examples' },
      { text: 'Coming from a guard', link: '/coming-from-a-hand-written-guard' },
    ],
  },
  {
    text: 'Authorization servers',
    items: [
      { text: 'Connect your server', link: '/authorization-servers' },
      { text: 'The doctor', link: '/doctor' },
      { text: 'Networks', link: '/networks' },
      { text: 'Servers of customers', link: '/customers' },
      { text: 'Tokens of your own', link: '/own-tokens' },
      { text: 'Interoperability', link: '/interop' },
    ],
  },
  {
    text: 'The API',
    items: [
      { text: 'Requirements and responses', link: '/requirements' },
      { text: 'Options', link: '/options' },
      { text: 'Sockets and microservices', link: '/transports' },
      { text: 'Every transport', link: '/transports-matrix' },
      { text: 'Bound tokens', link: '/bound-tokens' },
      { text: 'Step-up per MCP tool', link: '/mcp' },
      { text: 'Work after the request', link: '/jobs' },
      { text: 'OpenAPI', link: '/openapi' },
      { text: 'Operations', link: '/operations' },
      { text: 'Testing', link: '/testing' },
      { text: 'Security', link: '/security' },
    ],
  },
  {
    text: 'The client',
    items: [
      { text: 'Client of a page', link: '/client' },
      { text: 'Client on a server (BFF)', link: '/bff' },
    ],
  },
  {
    text: 'More',
    items: [
      { text: 'API reference', link: '/reference/' },
      { text: 'A proposal to MCP', link: '/mcp-proposal' },
      { text: 'Changelog', link: '/changelog' },
      { text: 'Contributing', link: '/contributing' },
    ],
  },
];

/** The name that a page of the repository has on the site. */
export function pageOf(source) {
  if (source === 'README.md') return 'index';
  return source
    .replace(/^docs\//, '')
    .replace(/\.md$/, '')
    .toLowerCase();
}
