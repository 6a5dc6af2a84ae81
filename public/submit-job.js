import { chosenSource, clearChosen } from './chosen-source.js'
import { sourceNameOf } from './form-fields.js'

/** Submits a job that reads what is chosen, as soon as that is there, and opens it. Resolves to undefined where `isClosed` says that nobody waits any more. */
export async function submitJob({ hub, navigate, tool, input, isClosed }) {
  const sourceName = sourceNameOf(tool.input)
  const address = await chosenSource()?.ready
  if (isClosed()) return
  const job = await hub.submit(tool.name, { ...(sourceName && address && { [sourceName]: address }), ...input })
  clearChosen()
  navigate(`#/jobs/${job.id}`)
}
