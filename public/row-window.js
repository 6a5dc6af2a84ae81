import { h } from './dom.js'

const SPARE_ROWS = 6

/** A list of any length that scrolls with the page, of which only the rows in sight exist. */
export function makeRowWindow({ makeRow, label }) {
  const element = h('ul', { class: 'rows', role: 'list', 'aria-label': label })
  /** By id. */
  const shown = new Map()
  const spare = []
  let ids = []
  let jobsById = new Map()
  let rowHeight = 0
  let frame
  const onScroll = () => { frame ??= requestAnimationFrame(layOut) }
  addEventListener('scroll', onScroll, { passive: true })
  addEventListener('resize', onScroll)

  return {
    element,
    /** Shows these, in this order; `jobs` is by id. */
    show(nextIds, jobs) {
      ids = nextIds
      jobsById = jobs
      layOut()
    },
    /** Shows those anew that have changed and are in sight. */
    update(changed) {
      for (const id of changed) shown.get(id)?.show(jobsById.get(id))
    },
    updateAll() {
      for (const [id, row] of shown) row.show(jobsById.get(id))
    },
    close() {
      removeEventListener('scroll', onScroll)
      removeEventListener('resize', onScroll)
      cancelAnimationFrame(frame)
    },
  }

  function layOut() {
    frame = undefined
    rowHeight = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row-height')) || 72
    element.style.height = `${ids.length * rowHeight}px`
    const top = -element.getBoundingClientRect().top
    const first = Math.max(0, Math.floor(top / rowHeight) - SPARE_ROWS)
    const last = Math.min(ids.length, Math.ceil((top + innerHeight) / rowHeight) + SPARE_ROWS)
    const wanted = new Set(ids.slice(first, last))
    for (const [id, row] of shown) {
      // A row with the focus stays, or the keyboard would lose its place.
      if (wanted.has(id) || (row.element.contains(document.activeElement) && jobsById.has(id) && ids.includes(id))) continue
      shown.delete(id)
      row.element.remove()
      spare.push(row)
    }
    for (let index = first; index < last; index++) place(ids[index], index)
  }

  function place(id, index) {
    let row = shown.get(id)
    if (!row) {
      row = spare.pop() ?? makeRow()
      shown.set(id, row)
      row.show(jobsById.get(id))
      element.append(row.element)
    }
    setAttribute(row.element, 'aria-posinset', String(index + 1))
    setAttribute(row.element, 'aria-setsize', String(ids.length))
    const transform = `translateY(${index * rowHeight}px)`
    if (row.element.style.transform !== transform) row.element.style.transform = transform
  }
}

/** Only where it differs: a scroll asks this of every row in sight. */
function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}
