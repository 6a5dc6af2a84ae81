/**
 * A script of (Advanced) SubStation Alpha with its styles and events alone: files that are packed into it, fonts among
 * them, and what programs note in it for themselves are left out, so that libass reads letters and nothing else.
 */
export function cleanAss(text: string): string {
  const kept: string[] = []
  let section = ''
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.replace(/[\p{Cc}\p{Cs}]/gu, '').trim()
    const heading = /^\[([^\]]+)\]$/.exec(line)?.[1]?.trim().toLowerCase()
    if (heading !== undefined) {
      section = heading
      if (KEPT[section]) kept.push('', `[${NAMES[section]}]`)
    } else if (KEPT[section]?.test(line)) kept.push(line)
  }
  return `${kept.join('\n').trim()}\n`
}

export function isAss(text: string): boolean {
  return /^[ \t]*\[(?:script info|v4\+? styles|events)\]/im.test(text)
}

const STYLE = /^(?:format|style)\s*:/i
const KEPT: Readonly<Record<string, RegExp>> = {
  'script info': /^(?:scripttype|playresx|playresy|layoutresx|layoutresy|wrapstyle|scaledborderandshadow|ycbcr matrix|kerning|timer|collisions)\s*:/i,
  'v4 styles': STYLE, 'v4+ styles': STYLE, events: /^(?:format|dialogue)\s*:/i,
}
const NAMES: Readonly<Record<string, string>> = { 'script info': 'Script Info', 'v4 styles': 'V4 Styles', 'v4+ styles': 'V4+ Styles', events: 'Events' }
