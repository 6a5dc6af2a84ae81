/**
 * A text in the character set of ComputerCraft, one character for each byte: Latin-1 and a few signs below the space.
 * Other letters become the nearest ones, Cyrillic and Greek their sounds; what has none becomes a question mark.
 */
export function gameText(text: string): string {
  let written = ''
  for (const character of text.normalize('NFC')) {
    written += isKnown(character) ? character : NEAREST.get(character) ?? nearestOf(character)
  }
  return written
}

function isKnown(character: string): boolean {
  return /^[\x20-\x7e\xa0-\xac\xae-\xff]$/.test(character)
}

function nearestOf(character: string): string {
  if (/^[\t\u2028\u2029]$/.test(character)) return ' '
  if (/^[\p{Control}\p{Format}\p{Mark}]$/u.test(character)) return ''
  const lower = character.toLowerCase()
  const sound = NEAREST.get(lower)
  if (sound !== undefined) return sound.slice(0, 1).toUpperCase() + sound.slice(1)
  const parts = [...character.normalize('NFKD')].filter((part) => !/\p{Mark}/u.test(part))
  return parts.map((part) => (isKnown(part) ? part : part === character ? '?' : gameText(part))).join('')
}

/** Letters of several scripts in turn: each word is a character and what it becomes. */
const NEAREST: ReadonlyMap<string, string> = new Map([
  ...pairs('łl đd ħh ıi ŋn œoe ŧt ĸk ƒf əe ɛe ɔo ɲn ʻ\' ʼ\''),
  ...pairs('аa бb вv гg дd еe ёe жzh зz иi йy кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ъ ыy ь эe юyu яya'),
  ...pairs('іi їyi єye ґg ўu ђdj јj љlj њnj ћc џdz ѓg ќk ѕdz'),
  ...pairs('αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo'),
  ...pairs('άa έe ήi ίi ϊi ΐi όo ύy ϋy ΰy ώo'),
  ...pairs('‐- ‑- ‒- –- —- ―- −- ‘\' ’\' ‚\' ‛\' ′\' “" ”" „" ‟" ″" «" »" ‹< ›> ⁄/ 、, 。. 「" 」" €EUR ₽RUB ₴UAH'),
  ...pairs('☺\x01 ☻\x02 ♥\x03 ❤\x03 ♡\x03 ♦\x04 ♣\x05 ♠\x06 •\x07 ♂\x0b ♀\x0c ►\x10 ▶\x10 ◄\x11 ↕\x12'),
  ...pairs('↑\x18 ↓\x19 →\x1a ←\x1b ↔\x1d ▲\x1e ▼\x1f'),
  // The game has ♪ at 13, which ends a line wherever a text is written as it is.
  ...pairs('♩\x0e ♪\x0e ♫\x0e ♬\x0e'),
])

function pairs(words: string): (readonly [string, string])[] {
  return words.split(' ').map((word) => [word.slice(0, 1), word.slice(1)] as const)
}
