import { nearestName } from '../nearest-name.ts'
import { OPTIONS, type Option } from './options-table.ts'
import { refuseArgument, type Word } from './options-words.ts'

export interface GivenOption {
  readonly option: Option
  /** Empty where it has none. */
  readonly value: string
  /** Of the argument that the value stands in, or else the option. */
  readonly index: number
}

/**
 * Which options the words are: short ones alone or clustered, long ones or the beginnings of these. Throws a HubError
 * for what is none, is not to be had, or lacks its value.
 */
export function* givenOptions(words: readonly Word[]): Generator<GivenOption> {
  for (let at = 0; at < words.length; at++) {
    const { text, index } = words[at]!
    const next = words[at + 1]?.text
    if (!/^-./.test(text)) refuseArgument(index, `${show(text)} is no option, and no option before it takes a value`)
    if (isSubtitleFile(text, next)) refuseArgument(index, refusalText('-S', findLong('subtitle')))
    for (const { name, attached } of text.startsWith('--') ? [longName(text)] : shortNames(text)) {
      const option = name.startsWith('--') ? longOption(name, index) : shortOption(name, text, index)
      if (option.refusal !== undefined) refuseArgument(index, refusalText(name, option))
      if (option.value === undefined && attached !== undefined) refuseArgument(index, `${show(name)} takes no value`)
      const takesNext = option.value !== undefined && attached === undefined && next !== undefined && !next.startsWith('-')
        && (option.value === 'needed' || option.read(next) !== undefined)
      if (option.value === 'needed' && attached === undefined && !takesNext) {
        refuseArgument(index, `${name} lacks its value: it ${option.takes}`)
      }
      if (takesNext) at++
      yield { option, value: attached ?? (takesNext ? next : ''), index: words[at]!.index }
    }
  }
}

interface Named {
  /** With its dashes. */
  readonly name: string
  readonly attached?: string | undefined
}

function longName(text: string): Named {
  const [, name = text, attached] = /^(--[^=:]*)(?:[=:](.*))?$/s.exec(text) ?? []
  return { name, attached }
}

/** `-3LW102` is `-3 -L -W 102`. */
function shortNames(text: string): readonly Named[] {
  const names: Named[] = []
  for (let at = 1; at < text.length; at++) {
    const name = `-${text[at]}`
    const rest = text.slice(at + 1)
    if (findShort(name)?.value !== undefined && rest !== '') return [...names, { name, attached: rest.replace(/^[=:]/, '') }]
    names.push({ name })
  }
  return names
}

function shortOption(name: string, word: string, index: number): Option {
  const asLong = longName(`-${word}`).name
  if (LONG_NAMES.includes(asLong.slice(2))) refuseArgument(index, `${show(word)} has one dash; did you mean ${asLong}?`)
  return findShort(name) ?? refuseArgument(index, `${show(name)} is no option${word.length > 2 ? `, in ${show(word)}` : ''}`)
}

function longOption(name: string, index: number): Option {
  const wanted = name.slice(2).toLowerCase()
  const exact = OPTIONS.find(({ names }) => names.some((known) => known.length > 1 && known === wanted))
  if (exact) return exact
  const begun = wanted === '' ? [] : LONG_NAMES.filter((known) => known.startsWith(wanted))
  if (begun.length === 1) return findLong(begun[0]!)
  if (begun.length > 1) refuseArgument(index, `${show(name)} may mean ${begun.map((known) => `--${known}`).join(' or ')}`)
  const nearest = nearestName(wanted, LONG_NAMES)
  return refuseArgument(index, `${show(name)} is no option${nearest === undefined ? '' : `; did you mean --${nearest}?`}`)
}

function findShort(name: string): Option | undefined {
  return OPTIONS.find(({ names }) => names.includes(name.slice(1)))
}

function findLong(name: string): Option {
  return OPTIONS.find(({ names }) => names.includes(name))!
}

const LONG_NAMES: readonly string[] = OPTIONS.flatMap(({ names }) => names.filter((name) => name.length > 1))

/** -S is the short name of two options: of --separate-streams, and of --subtitle, which takes a file. */
function isSubtitleFile(text: string, next: string | undefined): boolean {
  return (text === '-S' && next !== undefined && !next.startsWith('-')) || /^-S.*\./.test(text)
}

function refusalText(name: string, { refusal }: Option): string {
  return `${show(name)} is not allowed: ${refusal}`
}

/** At most 40 characters of what was sent. */
function show(text: string): string {
  return JSON.stringify(text.slice(0, 40))
}
