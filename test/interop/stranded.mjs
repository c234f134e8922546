/** The user was left on a page that does not lead back to the client. */
export class Stranded extends Error {
  constructor({ status, title, url }, asked) {
    super(`left with status ${status} on "${title}" at ${url.pathname}, after ${asked.join(' and ') || 'nothing'}`);
    this.status = status;
    this.asked = asked;
  }
}
