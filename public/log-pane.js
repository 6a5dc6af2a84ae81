import { h, icon, setText } from './dom.js'
import * as format from './format.js'
import { LEVEL_NAMES, makeLogMatches } from './log-matches.js'

const LINE_PIXELS = 20
const SPARE_LINES = 10
/** A short log takes no more room than it needs. */
const [LEAST_PIXELS, MOST_PIXELS] = [120, 360]
/** Of a frame, so that typing and scrolling go on while a long log is searched. */
const SEARCH_MS = 8
const FIRST_LEVEL = 'all'

/** The log of a job, of any length: only the lines in sight exist, and new ones are laid out once in a frame. */
export function makeLogPane({ t }) {
  const log = makeLogMatches()
  let follows = true
  let frame

  const chips = LEVEL_NAMES.map((name) => h('button', {
    type: 'button', class: 'chip', 'aria-pressed': String(name === FIRST_LEVEL), dataset: { level: name }, onClick: () => {
      for (const chip of chips) chip.setAttribute('aria-pressed', String(chip.dataset.level === name))
      want({ level: name })
    },
  }, t(`page.log_${name}`)))
  const search = h('input', { class: 'input', type: 'search', placeholder: t('page.log_search'), 'aria-label': t('page.log_search'), onInput: () => want({ text: search.value }) })
  const followButton = h('button', { type: 'button', class: 'chip', 'aria-pressed': 'true', onClick: () => setFollowing(!follows) }, icon('drop'), t('page.log_follow'))
  const count = h('span', { class: 'soft small numbers' })
  const sheet = h('div', { class: 'log-sheet' })
  const nothing = h('p', { class: 'log-nothing soft' }, t('page.log_none'))
  const scroller = h('div', { class: 'log', tabindex: 0, role: 'log', 'aria-live': 'off', 'aria-label': t('page.log'), onScroll }, sheet, nothing)
  const element = h('section', { class: 'card log-card', 'aria-labelledby': 'log-title' },
    h('div', { class: 'card-head' }, h('h2', { id: 'log-title' }, t('page.log')), count,
      h('div', { class: 'log-tools' }, h('div', { class: 'chips' }, chips, followButton), h('div', { class: 'search' }, icon('search'), search))),
    scroller)
  /** By their place among the shown lines; what has gone out of sight is used again. */
  const rows = new Map()
  const spare = []
  addEventListener('resize', later)

  return {
    element,
    add(more) {
      log.add(more)
      later()
    },
    clear() {
      log.clear()
      letRowsGo()
      later()
    },
    close() {
      removeEventListener('resize', later)
      cancelAnimationFrame(frame)
    },
  }

  function later() {
    frame ??= requestAnimationFrame(() => {
      frame = undefined
      log.look(SEARCH_MS)
      layOut()
      scroller.setAttribute('aria-busy', String(!log.isWhole))
      if (!log.isWhole) later()
    })
  }

  function want(wanted) {
    log.want(wanted)
    letRowsGo()
    later()
  }

  function layOut() {
    const { shown, all } = log
    scroller.style.height = `${Math.min(MOST_PIXELS, Math.max(LEAST_PIXELS, (all.length + 1) * LINE_PIXELS))}px`
    sheet.style.height = `${shown.length * LINE_PIXELS}px`
    nothing.hidden = shown.length > 0 || !log.isWhole
    setText(nothing, t(all.length > 0 ? 'page.log_unmatched' : 'page.log_none'))
    setText(count, t('page.log_lines', { shown: format.number(shown.length), count: format.number(all.length) }))
    if (follows) scroller.scrollTop = shown.length * LINE_PIXELS
    const top = scroller.scrollTop
    const first = Math.max(0, Math.floor(top / LINE_PIXELS) - SPARE_LINES)
    const last = Math.min(shown.length, Math.ceil((top + scroller.clientHeight) / LINE_PIXELS) + SPARE_LINES)
    for (const [index, row] of rows) if (index < first || index >= last) letGo(index, row)
    for (let index = first; index < last; index++) {
      if (rows.has(index)) continue
      const row = spare.pop() ?? makeRow()
      row.show(shown[index], index)
      rows.set(index, row)
      if (!row.element.isConnected) sheet.append(row.element)
    }
    for (const { element: left } of spare.splice(0)) left.remove()
  }

  function letRowsGo() {
    for (const [index, row] of rows) letGo(index, row)
  }

  function letGo(index, row) {
    rows.delete(index)
    spare.push(row)
  }

  function onScroll() {
    const isAtEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - LINE_PIXELS
    if (isAtEnd !== follows) setFollowing(isAtEnd)
    later()
  }

  function setFollowing(on) {
    follows = on
    followButton.setAttribute('aria-pressed', String(on))
    if (on) later()
  }
}

function makeRow() {
  const number = h('span', { class: 'log-number' })
  const text = h('span')
  const element = h('div', { class: 'log-line' }, number, text)
  return {
    element,
    show(line, index) {
      element.dataset.level = line.level
      element.dataset.source = line.source
      element.style.transform = `translateY(${index * LINE_PIXELS}px)`
      setText(number, String(line.n))
      setText(text, line.text)
    },
  }
}
