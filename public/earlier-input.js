/** The hub shows nobody the query of a link, which may be a secret. */
const HIDDEN = /\?…$/

/**
 * What another job was asked for, to be changed; of one that only found a watermark, that it be taken off. Undefined where
 * it is gone. `onHidden` is told where a link is left out since not all of it is known.
 */
export async function earlierInput(hub, id, { onHidden }) {
  const handle = hub.job(id)
  await handle.refresh().catch(() => undefined)
  const { tool, input: asked, result } = handle.job
  const input = known(asked)
  if (JSON.stringify(input) !== JSON.stringify(asked)) onHidden()
  if (tool === 'ffmpeg') return inShort(input)
  if (hasFound(handle.job)) return { ...input, mode: 'remove', unit: 'pixels', regions: result.regions }
  return input ?? undefined
}

/** A job that told where a watermark is, and did nothing about it. */
export function hasFound({ tool, status, input, result }) {
  return tool === 'watermark' && status === 'completed' && input.mode === 'find' && result.regions?.length > 0
}

/** Without links of which a part is hidden, and what stands in a list only for such a link. */
function known(value) {
  if (Array.isArray(value)) return value.filter((item) => !HIDDEN.test(item?.source ?? item)).map(known)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([, field]) => !HIDDEN.test(field)).map(([name, field]) => [name, known(field)]))
}

/** One input and one output, as the form's own fields say them. */
function inShort({ inputs, outputs }) {
  const [input, output] = [inputs, outputs].map((some) => (some?.length === 1 ? some[0] : undefined))
  return {
    ...(isOnly(input, ['source']) ? { input_url: input.source } : inputs?.length > 0 && { inputs }),
    ...(isOnly(output, ['format', 'args']) ? { output_format: output.format, args: output.args } : { outputs }),
  }
}

function isOnly(value, names) {
  return value !== undefined && Object.keys(value).every((name) => names.includes(name))
}
