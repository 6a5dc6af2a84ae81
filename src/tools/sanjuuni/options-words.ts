import { HubError } from '../../errors.ts'

/** One option or one value of the command line, and which argument it stood in. */
export interface Word {
  readonly text: string
  readonly index: number
}

/**
 * The words of arguments as a shell would have made them: an argument that begins with a dash may hold several, apart
 * by spaces, with quotes around what belongs together. Any other argument is one word, whatever is in it.
 */
export function splitWords(args: readonly string[]): readonly Word[] {
  if (args.length > MAX_ARGUMENTS) {
    const message = `There are at most ${MAX_ARGUMENTS} arguments, and here are ${args.length}`
    throw new HubError('invalid_input', message, { errors: [{ path: 'args', message }] })
  }
  return args.flatMap((argument, index) => {
    if (argument.length > MAX_ARGUMENT_LENGTH) refuseArgument(index, `is longer than ${MAX_ARGUMENT_LENGTH} characters`)
    const text = argument.trim()
    const pieces = /^['"]?-/.test(text) ? text.match(PIECES) ?? [] : text === '' ? [] : [text]
    return pieces.map((piece) => ({ text: unquote(piece, index), index }))
  })
}

/** Throws the HubError that names the argument: `args[2]: …`. */
export function refuseArgument(index: number, complaint: string): never {
  const at = `args[${index}]`
  throw new HubError('invalid_input', `${at}: ${complaint}`, {
    hint: 'Arguments are sanjuuni\'s options, such as --width=102 -8 --lab-color; GET /api/tools/sanjuuni tells what else there is',
    errors: [{ path: at, message: complaint }],
  })
}

const MAX_ARGUMENTS = 64
const MAX_ARGUMENT_LENGTH = 1024

const PIECES = /(?:[^\s'"]|'[^']*'|"[^"]*"|['"])+/g

function unquote(piece: string, index: number): string {
  return piece.replace(/'([^']*)'|"([^"]*)"|(['"])/g, (_, single?: string, double?: string, open?: string) => {
    if (open !== undefined) refuseArgument(index, `has a ${open} that is not closed`)
    return single ?? double ?? ''
  })
}
