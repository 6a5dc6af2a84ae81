const SVG = 'http://www.w3.org/2000/svg'

/**
 * Makes an element. A prop that begins with `on` is a listener, `style` an object of properties, `dataset` likewise;
 * all else are attributes, of which false, null and undefined are left out. Children are nodes, text, or lists of them.
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2).toLowerCase(), value)
    else if (name === 'style') for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text)
    else if (name === 'dataset') Object.assign(element.dataset, value)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...nodesOf(children))
  return element
}

/** Puts these in place of all that an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...nodesOf(children))
  return element
}

/** Changes an element's text only where it differs, which spares a layout. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** A picture of 20 × 20 made of strokes, in the colour of the text around it. Hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg')
  for (const [attribute, value] of Object.entries({ viewBox: '0 0 20 20', class: 'icon', 'aria-hidden': 'true' })) svg.setAttribute(attribute, value)
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', ICONS[name] ?? '')
  svg.append(path)
  return svg
}

/** Loads a view's own stylesheet, once; resolves when it is in force. */
export function useStyles(href) {
  const known = loadedStyles.get(href)
  if (known) return known
  const link = h('link', { rel: 'stylesheet', href })
  const loaded = new Promise((resolve) => {
    link.addEventListener('load', resolve)
    link.addEventListener('error', resolve)
  })
  document.head.append(link)
  loadedStyles.set(href, loaded)
  return loaded
}

const loadedStyles = new Map()

function nodesOf(children) {
  return children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false && child !== '')
}

const ICONS = {
  arrow: 'M4 10h12M11 5l5 5-5 5',
  back: 'M12 4l-6 6 6 6',
  check: 'M4 10.5l4 4 8-9',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l3 2',
  close: 'M5 5l10 10M15 5L5 15',
  copy: 'M7 7h9v9H7zM13 7V4H4v9h3',
  cubes: 'M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM11 11h6v6h-6z',
  download: 'M10 3v10M6 9l4 4 4-4M4 17h12',
  edit: 'M4 16l1-4 8-8 3 3-8 8zM11.5 5.5l3 3',
  down: 'M10 4v12M5 11l5 5 5-5',
  drop: 'M10 13V4M6.5 7.5L10 4l3.5 3.5M3 12v4h14v-4',
  film: 'M3 4h14v12H3zM7 4v12M13 4v12M3 8h4M3 12h4M13 8h4M13 12h4',
  file: 'M5 2.5h7l3.5 3.5v11.5H5zM12 2.5V6h3.5',
  full: 'M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4',
  gif: 'M3 5h14v10H3zM8 8.5H6.5a1.5 1.5 0 0 0 0 3H8V10M10.5 8.5v3M13 11.5v-3h2M13 10h1.5',
  image: 'M3 4h14v12H3zM3 14l4-4 3 3 3-4 4 4M7.5 7.5h.01',
  link: 'M8.5 11.5l3-3M9 6l1.5-1.5a3.5 3.5 0 0 1 5 5L14 11M11 14l-1.5 1.5a3.5 3.5 0 0 1-5-5L6 9',
  moon: 'M16 12.5A7 7 0 0 1 7.5 4 6.5 6.5 0 1 0 16 12.5z',
  pause: 'M7 4v12M13 4v12',
  play: 'M6 4l10 6-10 6z',
  plus: 'M10 4v12M4 10h12',
  retry: 'M15.5 8A6 6 0 1 0 16 11M16 4v4h-4',
  search: 'M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4',
  sound: 'M3 8v4M6.5 5v10M10 7.5v5M13.5 3.5v13M17 8v4',
  stop: 'M5.5 5.5h9v9h-9z',
  sun: 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 1.8v1.7M10 16.5v1.7M1.8 10h1.7M16.5 10h1.7M4.2 4.2l1.2 1.2M14.6 14.6l1.2 1.2M4.2 15.8l1.2-1.2M14.6 5.4l1.2-1.2',
  terminal: 'M3 4h14v12H3zM6 8l2.5 2L6 12M10.5 12.5H14',
  text: 'M5 2.5h7l3.5 3.5v11.5H5zM8 9h5M8 12h5',
  trash: 'M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.5 9v5M11.5 9v5',
  up: 'M10 16V4M5 9l5-5 5 5',
  warning: 'M10 3l7.5 13.5h-15zM10 8v4M10 14.2h.01',
}
