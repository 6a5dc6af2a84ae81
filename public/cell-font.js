/**
 * Letters of 5 × 7 pixels, drawn for this page. Each is its character and seven rows, a base-32 digit each, whose highest
 * bit is the pixel on the left.
 */
const DRAWN = `
!4444404 "aa00000 #aavavaa $4fke5u4 %op248j3 &cik8lid '4400000 (2488842 )8422248 *04lel40 +044v440 ,0000448 -000v000 .00000cc /01248g0
0ehjlphe 14c4444e 2eh1248v 3v2421he 426aiv22 5vgu11he 668guhhe 7v124888 8ehhehhe 9ehhf12c :0cc0cc0 ;0cc0c48 <248g842 =00v0v00 >8421248 ?eh12404
@eh1dlle Aehhvhhh Buhhuhhu Cehgghhe Duhhhhhu Evgguggv Fvgguggg Gehgnhhf Hhhhvhhh Ie44444e J72222ic Khikokih Lggggggv Mhrllhhh Nhhpljhh Oehhhhhe
Puhhuggg Qehhhlid Ruhhukih Sfgge11u Tv444444 Uhhhhhhe Vhhhhha4 Whhhllla Xhha4ahh Yhha4444 Zv1248gv [e88888e \\0g84210 ]e22222e ^4ah0000 _000000v
\`8400000 a00e1fhf bgguhhhu c00ehghe d11fhhhf e00ehvge f68s8888 g00fhf1e hgguhhhh i40c444e j20622ic kggikoki lc44444e m00qllll n00uhhhh o00ehhhe
p00uhugg q00fhf11 r00mpggg s00fge1u t88s8896 u00hhhhf v00hhha4 w00hhlla x00ha4ah y00hhf1e z00v248v {6448446 |4444444 }c44244c ~08l2000
ßcihmhhm ¡4044444 ¿4048ghe £69s888v ¥hhav4v4 ·0004000
`
/** What stands above a letter, and in two rows. */
const MARKS = { '\u0300': '84', '\u0301': '24', '\u0302': '4a', '\u0303': 'dm', '\u0308': 'a0', '\u030a': '44', '\u0327': '00' }
const NOTE = '6544csc'
const UNKNOWN = 'vhhhhhv'
const ROWS = 9

const drawn = new Map(DRAWN.trim().split(/\s+/).map((word) => [word[0], word.slice(1, 8).toLowerCase()]))
const glyphs = new Map()

/** Nine rows of a character of the game that is a letter, five bits each; empty for a space and for signs that are not drawn. */
export function glyphOf(code) {
  const known = glyphs.get(code)
  if (known) return known
  const glyph = makeGlyph(code)
  glyphs.set(code, glyph)
  return glyph
}

function makeGlyph(code) {
  if (code === 13 || code === 14) return placed(NOTE, 1)
  if (code <= 32 || (code >= 127 && code <= 160)) return new Uint8Array(ROWS)
  const character = String.fromCharCode(code)
  if (drawn.has(character)) return placed(drawn.get(character), 1)
  const [letter, mark] = character.normalize('NFD')
  const base = drawn.get(letter)
  if (base === undefined || mark === undefined) return placed(UNKNOWN, 1)
  // Small letters leave two rows free above them.
  const glyph = placed(base, base.startsWith('00') ? 1 : 2)
  ;[...(MARKS[mark] ?? '00')].forEach((digit, row) => { glyph[base.startsWith('00') ? row + 1 : row] |= Number.parseInt(digit, 32) })
  return glyph
}

function placed(rows, top) {
  const glyph = new Uint8Array(ROWS)
  ;[...rows].forEach((digit, row) => { glyph[top + row] = Number.parseInt(digit, 32) })
  return glyph
}
