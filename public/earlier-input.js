/** What another job was asked for, to be changed; of one that only found a watermark, that it be taken off. Undefined where it is gone. */
export async function earlierInput(hub, id) {
  const handle = hub.job(id)
  await handle.refresh().catch(() => undefined)
  const { tool, input, result } = handle.job
  if (tool === 'ffmpeg') return inShort(input)
  if (hasFound(handle.job)) return { ...input, mode: 'remove', unit: 'pixels', regions: result.regions }
  return input ?? undefined
}

/** A job that told where a watermark is, and did nothing about it. */
export function hasFound({ tool, status, input, result }) {
  return tool === 'watermark' && status === 'completed' && input.mode === 'find' && result.regions?.length > 0
}

/** One input and one output, as the form's own fields say them. */
function inShort({ inputs, outputs }) {
  const [input, output] = [inputs, outputs].map((some) => (some?.length === 1 ? some[0] : undefined))
  return {
    ...(isOnly(input, ['source']) ? { input_url: input.source } : { inputs }),
    ...(isOnly(output, ['format', 'args']) ? { output_format: output.format, args: output.args } : { outputs }),
  }
}

function isOnly(value, names) {
  return value !== undefined && Object.keys(value).every((name) => names.includes(name))
}
