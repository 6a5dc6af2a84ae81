import { h } from '../dom.js'

/** Text in which `what stands so` is code. */
export function marked(text = '') {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 === 1 ? h('code', {}, part) : part))
}
