import { h, icon, setText } from './dom.js'
import * as format from './format.js'

const LINE_PIXELS = 20
const SPARE_LINES = 10
const LEVELS = {
  all: () => true,
  warning: ({ level }) => level === 'warning' || level === 'error' || level === 'fatal',
  error: ({ level }) => level === 'error' || level === 'fatal',
}

/** The log of a job, of any length: only the lines in sight exist, and new ones are laid out once in a frame. */
export function makeLogPane({ t }) {
  const lines = []
  /** Those that the filter and the search leave, in their order. */
  let matches = lines
  let looked = 0
  let level = 'all'
  let wanted = ''
  let follows = true
  let frame

  const chips = Object.keys(LEVELS).map((name) => h('button', {
    type: 'button', class: 'chip', 'aria-pressed': String(name === level), dataset: { level: name }, onClick: () => {
      level = name
      for (const chip of chips) chip.setAttribute('aria-pressed', String(chip.dataset.level === name))
      matchAnew()
    },
  }, t(`page.log_${name}`)))
  const search = h('input', {
    class: 'input', type: 'search', placeholder: t('page.log_search'), 'aria-label': t('page.log_search'), onInput: () => {
      wanted = search.value.trim().toLowerCase()
      matchAnew()
    },
  })
  const followButton = h('button', { type: 'button', class: 'chip', 'aria-pressed': 'true', onClick: () => setFollowing(!follows) }, icon('drop'), t('page.log_follow'))
  const count = h('span', { class: 'soft small numbers' })
  const sheet = h('div', { class: 'log-sheet' })
  const nothing = h('p', { class: 'log-nothing soft' }, t('page.log_none'))
  const scroller = h('div', { class: 'log', tabindex: 0, role: 'log', 'aria-live': 'off', 'aria-label': t('page.log'), onScroll }, sheet, nothing)
  const element = h('section', { class: 'card log-card', 'aria-labelledby': 'log-title' },
    h('div', { class: 'card-head' }, h('h2', { id: 'log-title' }, t('page.log')), count,
      h('div', { class: 'log-tools' }, h('div', { class: 'chips' }, chips, followButton), h('div', { class: 'search' }, icon('search'), search))),
    scroller)
  const rows = new Map()
  addEventListener('resize', later)

  return {
    element,
    add(more) {
      for (const line of more) lines.push(line)
      later()
    },
    clear() {
      lines.length = 0
      matchAnew()
    },
    close() {
      removeEventListener('resize', later)
      cancelAnimationFrame(frame)
    },
  }

  function later() {
    frame ??= requestAnimationFrame(() => {
      frame = undefined
      lookAtNew()
      layOut()
    })
  }

  function matchAnew() {
    matches = level === 'all' && wanted === '' ? lines : []
    looked = matches === lines ? lines.length : 0
    for (const row of rows.values()) row.remove()
    rows.clear()
    later()
  }

  function lookAtNew() {
    if (matches === lines) return
    const isOfLevel = LEVELS[level]
    for (; looked < lines.length; looked++) {
      const line = lines[looked]
      if (isOfLevel(line) && (wanted === '' || line.text.toLowerCase().includes(wanted))) matches.push(line)
    }
  }

  function layOut() {
    sheet.style.height = `${matches.length * LINE_PIXELS}px`
    nothing.hidden = matches.length > 0
    setText(nothing, t(lines.length > 0 ? 'page.log_unmatched' : 'page.log_none'))
    setText(count, t('page.log_lines', { shown: format.number(matches.length), count: format.number(lines.length) }))
    if (follows) scroller.scrollTop = scroller.scrollHeight
    const first = Math.max(0, Math.floor(scroller.scrollTop / LINE_PIXELS) - SPARE_LINES)
    const last = Math.min(matches.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / LINE_PIXELS) + SPARE_LINES)
    for (const [index, row] of rows) {
      if (index >= first && index < last) continue
      row.remove()
      rows.delete(index)
    }
    for (let index = first; index < last; index++) {
      if (rows.has(index)) continue
      const row = makeLine(matches[index], index)
      rows.set(index, row)
      sheet.append(row)
    }
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

function makeLine({ n, level, text }, index) {
  return h('div', { class: 'log-line', dataset: { level }, style: { transform: `translateY(${index * LINE_PIXELS}px)` } },
    h('span', { class: 'log-number' }, String(n)), h('span', {}, text))
}
