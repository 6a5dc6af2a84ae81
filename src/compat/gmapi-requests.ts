import { z } from 'zod'
import { HubError } from '../errors.ts'

/** Lua has one kind of empty table, and ComputerCraft writes it as `{}`. */
export const list = z.union([z.array(z.string()), z.strictObject({}).transform((): string[] => [])])

const conversion = z.object({
  input_url: z.string({ error: 'is missing' }).min(1, 'is empty').transform(fromLuaBytes),
  args: list.default([]).transform((args) => args.map(fromLuaBytes)),
  output_format: z.string().min(1).transform(fromLuaBytes).optional(),
})

export type Conversion = z.infer<typeof conversion>

/** The body of `/api/ffmpeg` and its like. Throws a HubError. */
export async function readConversion(read: () => Promise<unknown>): Promise<Conversion> {
  const parsed = conversion.safeParse(await read())
  if (parsed.success) return parsed.data
  throw invalid(parsed.error, 'The body takes input_url, args and output_format')
}

/** Names the first field that is wrong, since a player sees one line. */
export function invalid({ issues }: z.ZodError, takes: string): HubError {
  const errors = issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const [first] = errors
  const named = first && (first.path === '' ? first.message : `${first.path} ${first.message}`)
  return new HubError('invalid_input', named ?? takes, { errors, hint: takes })
}

/**
 * ComputerCraft's `textutils.serializeJSON` writes each byte above 0x7e as `\u00XX`, so that a UTF-8 text arrives with
 * one character per byte. Where that is what it is, the text is put together again.
 */
export function fromLuaBytes(text: string): string {
  if (!/[\x80-\xff]/.test(text) || /[^\x00-\xff]/.test(text)) return text
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'latin1'))
  } catch {
    return text
  }
}
