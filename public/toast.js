import { h, icon } from './dom.js'

const region = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' })
const SHOWN_MS = 5000

/** Says something briefly, to eyes and screen readers. `tone` is `plain`, `good` or `bad`. */
export function toast(text, { tone = 'plain' } = {}) {
  if (!region.isConnected) document.body.append(region)
  const element = h('div', { class: 'toast', dataset: { tone } }, icon(tone === 'bad' ? 'warning' : 'check'), h('span', {}, text))
  region.append(element)
  setTimeout(() => element.remove(), SHOWN_MS)
}
