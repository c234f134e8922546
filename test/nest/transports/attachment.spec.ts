import { Attachment } from '../../../lib/nest/transports/attachment.js';

describe('a value attached to an object of somebody else', () => {
  it('is read by who holds the attachment, and replaced', () => {
    const attachment = new Attachment<string>();
    const request = {};
    expect(attachment.get(request)).toBe(undefined);
    attachment.set(request, 'first');
    attachment.set(request, 'second');
    expect(attachment.get(request)).toBe('second');
  });

  it('is no property: nothing that looks at the object sees it', () => {
    const attachment = new Attachment<string>();
    const request = { url: '/' };
    attachment.set(request, 'secret');
    expect(Reflect.ownKeys(request)).toEqual(['url']);
    expect(JSON.stringify(request)).toBe('{"url":"/"}');
  });

  it('is not inherited and not copied', () => {
    const attachment = new Attachment<string>();
    const request = {};
    attachment.set(request, 'secret');
    expect([Object.create(request), { ...request }, new Proxy(request, {})].map((one) => attachment.get(one))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('stays apart from the values of other attachments', () => {
    const [one, other] = [new Attachment<number>(), new Attachment<number>()];
    const request = {};
    one.set(request, 1);
    expect(other.get(request)).toBe(undefined);
    other.set(request, 2);
    expect([one.get(request), other.get(request)]).toEqual([1, 2]);
  });
});
