import { hasString, t } from './language.js'

/** What a field is called, in the page's language where it has words for it, else as it travels. */
export function fieldTitle(tool, path) {
  const words = known('field', tool, path) ?? plainTitle(path)
  return words[0].toUpperCase() + words.slice(1)
}

/** The same within a sentence. */
function plainTitle(path) {
  return path.at(-1).replaceAll('_', ' ')
}

/** What a field means: what the hub says of it, unless the page has its own words. */
export function fieldHelp(tool, path, { description = '' }) {
  return known('help', tool, path) ?? description
}

/** What a preset sets, in a line: `codec h264 · max height 480`. */
export function presetSummary(tool, input) {
  return Object.entries(input).map(([name, value]) => (name === 'outputs' ? outputsIn(value) : `${known('field', tool, [name]) ?? plainTitle([name])} ${inWords(value)}`)).join(' · ')
}

function known(kind, tool, path) {
  const key = [`${kind}.${tool}.${path.join('.')}`, `${kind}.${path.at(-1)}`].find(hasString)
  return key === undefined ? undefined : t(key)
}

function inWords(value) {
  if (Array.isArray(value)) return value.map(inWords).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** As ffmpeg takes them. */
function outputsIn(outputs) {
  return outputs.map(({ format, args = [] }) => [format, ...args].join(' ')).join(', ')
}
