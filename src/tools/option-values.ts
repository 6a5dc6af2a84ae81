/** What an option takes: undefined if the value is that, else the complaint, to stand after the option's name. */
export type ValueRule = (value: string) => string | undefined

export function pattern(allowed: RegExp, takes: string): ValueRule {
  return (value) => (allowed.test(value) ? undefined : `takes ${takes}`)
}

export function oneOf(...names: readonly string[]): ValueRule {
  return (value) => (names.includes(value) ? undefined : `takes one of ${names.join(', ')}`)
}

export function anyOf(takes: string, ...rules: readonly ValueRule[]): ValueRule {
  return (value) => (rules.some((rule) => rule(value) === undefined) ? undefined : `takes ${takes}`)
}

export function wholeNumber(least: number, most: number): ValueRule {
  return (value) => (/^[+-]?\d{1,15}$/.test(value) && isWithin(Number(value), least, most)
    ? undefined
    : `takes a whole number from ${least} to ${most}`)
}

export function decimal(least: number, most: number): ValueRule {
  return (value) => (/^[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})$/.test(value) && isWithin(Number(value), least, most)
    ? undefined
    : `takes a number from ${least} to ${most}`)
}

/** A number with ffmpeg's `k` or `M`: `128k`, `2.5M`, `96000`. */
export function amount(most: number, takes: string): ValueRule {
  return (value) => {
    const [, digits, unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)([kKM]?)i?B?$/.exec(value) ?? []
    const factor = unit === 'M' ? 1e6 : unit === '' ? 1 : 1e3
    return digits !== undefined && Number(digits) * factor <= most ? undefined : `takes ${takes}`
  }
}

/** Frames per second, as a number or a fraction. */
export const frameRate: ValueRule = (value) => {
  const [, numerator, denominator = '1'] = /^(\d{1,7}(?:\.\d{1,6})?)(?:[/:](\d{1,7}(?:\.\d{1,6})?))?$/.exec(value) ?? []
  const rate = Number(numerator) / Number(denominator)
  const isNamed = /^(ntsc|pal|qntsc|qpal|sntsc|spal|film|ntsc-film)$/.test(value)
  return isNamed || (rate > 0 && rate <= MAX_FRAME_RATE)
    ? undefined
    : `takes a frame rate of at most ${MAX_FRAME_RATE}, such as 25 or 30000/1001`
}

/** `1280x720`, or a name such as `hd720`. */
export const pictureSize: ValueRule = (value) => {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(value) ?? []
  const isAllowed = width === undefined
    ? /^[a-z][a-z0-9-]{1,15}$/.test(value)
    : isWithin(Number(width), 1, MAX_SIDE) && isWithin(Number(height), 1, MAX_SIDE)
      && Number(width) * Number(height) <= MAX_PIXELS
  return isAllowed ? undefined : `takes a size such as 1280x720, of at most ${MAX_PIXELS / 1e6} million pixels`
}

/** A time or a span of at most 24 hours. */
export const duration: ValueRule = (value) => {
  const seconds = parseDuration(value)
  return seconds !== undefined && seconds <= MAX_SECONDS
    ? undefined
    : 'takes a time of at most 24 hours, such as 90, 1.5, 1:30 or 00:01:30.5'
}

/** Seconds of `90`, `1.5`, `1:30`, `00:01:30.5`, `500ms`; undefined where it is none of these. */
export function parseDuration(value: string): number | undefined {
  const clock = /^(?:(\d{1,5}):)?(\d{1,2}):(\d{1,2}(?:\.\d{0,9})?)$/.exec(value)
  if (clock !== null) return Number(clock[1] ?? 0) * 3600 + Number(clock[2]) * 60 + Number(clock[3])
  const [, digits, unit = 's'] = /^(\d{1,14}(?:\.\d{0,9})?|\.\d{1,9})(us|ms|s)?$/.exec(value) ?? []
  return digits === undefined ? undefined : Number(digits) * (unit === 'us' ? 1e-6 : unit === 'ms' ? 1e-3 : 1)
}

/** `+faststart-dash`, `fast+cgop`: flags that are switched on and off by name. */
export function flags(...names: readonly string[]): ValueRule {
  return (value) => {
    const isKnown = /^[+-]?\w+([+-]\w+)*$/.test(value) && value.split(/[+-]/).every((name) => name === '' || names.includes(name))
    return isKnown ? undefined : `takes flags out of ${names.join(', ')}, joined with +`
  }
}

/** Keys out of a list, each with a plain value: `keyint=60:bframes=2`. */
export function parameters(keys: readonly string[]): ValueRule {
  return (value) => {
    for (const pair of value.split(':')) {
      const [, key = ''] = /^([A-Za-z0-9_-]{1,40})(?:=([A-Za-z0-9_.,+-]{1,80}))?$/.exec(pair) ?? []
      if (key === '') return 'takes key=value pairs joined with :, the values plain words and numbers'
      if (!keys.includes(key)) return `does not take ${JSON.stringify(key.slice(0, 40))}; it takes ${keys.join(', ')}`
    }
    return undefined
  }
}

export const MAX_SECONDS = 86_400
export const MAX_SIDE = 16_384
export const MAX_PIXELS = 100_000_000

const MAX_FRAME_RATE = 240

function isWithin(number: number, least: number, most: number): boolean {
  return number >= least && number <= most
}
