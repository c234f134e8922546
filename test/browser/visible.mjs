import assert from 'node:assert/strict';

/** Checks that texts the inspector marks can be seen in the window as it is: nobody has scrolled. */
export async function assertMarked(page, ...texts) {
  const seen = await page.evaluate(
    () =>
      [...document.querySelectorAll('#steps mark')]
        .filter((mark) => {
          const { left, top, width, height } = mark.getClientRects()[0] ?? new DOMRect();
          return document.elementFromPoint(left + width / 2, top + height / 2) === mark;
        })
        .map(({ textContent }) => textContent),
    undefined,
  );
  for (const text of texts) {
    assert.ok(
      seen.some((mark) => mark.includes(text)),
      `${text} cannot be seen, only ${seen.join(', ') || 'nothing'}`,
    );
  }
}
