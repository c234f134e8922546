// The arrow of one step in a sequence diagram of three parties.

const SVG = 'http://www.w3.org/2000/svg';
const LANES = { bank: 14, page: 60, server: 106 };
const NAMES = { bank: 'the bank', page: 'the page', server: 'the authorization server' };

/** An arrow from one lane to another. The lifelines are drawn by the style of what it lies on. */
export function arrow(from, to) {
  const [start, end] = [LANES[from], LANES[to]];
  const tip = end - Math.sign(end - start) * 9;
  const diagram = shape('svg', { viewBox: '0 4 120 32', class: 'arrow', role: 'img' });
  diagram.setAttribute('aria-label', `From ${NAMES[from]} to ${NAMES[to]}.`);
  diagram.append(
    shape('line', { class: 'shaft', x1: start, x2: tip, y1: 20, y2: 20 }),
    shape('path', { class: 'head', d: `M${tip} 14 L${end} 20 L${tip} 26 Z` }),
    shape('circle', { class: 'origin', cx: start, cy: 20, r: 4 }),
  );
  return diagram;
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}
