/** Names that Windows keeps for itself, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i
const MOST_CHARACTERS = 120

/** Gives out names for one folder that any system can unpack, none twice, whatever the case of its letters. */
export class ZipNames {
  readonly #taken = new Set<string>()

  /** The name as it is where it can be, else one like it; ` (2)` and so on before its extension. */
  take(wanted: string): string {
    const { stem, extension } = splitName(safeName(wanted))
    for (let copy = 1; ; copy++) {
      const name = copy === 1 ? stem + extension : `${stem} (${copy})${extension}`
      const key = name.normalize('NFC').toLowerCase()
      if (this.#taken.has(key)) continue
      this.#taken.add(key)
      return name
    }
  }
}

export function splitName(name: string): { readonly stem: string; readonly extension: string } {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? { stem: name.slice(0, dot), extension: name.slice(dot) } : { stem: name, extension: '' }
}

/** One part of a path: no separators, nothing that a system gives a meaning. */
function safeName(name: string): string {
  const plain = name.normalize('NFC').replace(/[/\\<>:"|?*\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '_').replace(/[. ]+$/, '').trimStart()
  const { stem, extension } = splitName(plain)
  const short = [...stem].slice(0, MOST_CHARACTERS).join('') + [...extension].slice(0, MOST_CHARACTERS).join('')
  return short === '' || /^\.+$/.test(short) ? 'file' : RESERVED.test(short) ? `_${short}` : short
}
