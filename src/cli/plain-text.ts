/**
 * A text that others wrote, made harmless for a terminal: without escape sequences, control characters and the marks
 * that turn the direction of writing around. Tabs stay, line ends become spaces.
 */
export function plainText(text: string): string {
  return text.replace(SEQUENCES, '').replace(/[\r\n]+/g, ' ').replace(CONTROLS, '')
}

/** One value as one line of JSON in which nothing can reach a terminal as a control. */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(value).replace(/[\u007F-\u009F]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
  return `${json}\n`
}

// CSI; OSC, DCS, SOS, PM and APC up to their end (or, unended, to the end of the text); then every other escape.
const SEQUENCES = new RegExp([
  String.raw`(?:\x1B\[|\x9B)[\x30-\x3F]*[\x20-\x2F]*[\x40-\x7E]`,
  String.raw`(?:\x1B[\]PX^_]|[\x9D\x90\x98\x9E\x9F])[\s\S]*?(?:\x1B\\|\x9C|\x07|$)`,
  String.raw`\x1B[\x20-\x2F]*[\x30-\x7E]`,
].join('|'), 'g')
const CONTROLS = /[\x00-\x08\x0A-\x1F\x7F-\x9F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g
