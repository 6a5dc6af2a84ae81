import { mainSourceOf } from './client/client/index.js'
import { chosenSource, handOverChosen } from './chosen-source.js'

/** Submits a job that reads what is chosen, as soon as the hub knows it, and opens it. Does nothing where `isClosed` says that nobody waits any more. */
export async function submitJob({ hub, navigate, tool, input, isClosed, ready = chosenInput(tool) }) {
  const sources = await ready
  if (isClosed()) return
  const job = await hub.submit(tool.name, { ...sources, ...input })
  handOverChosen()
  navigate(`#/jobs/${job.id}`)
}

/** What is chosen, as a tool's input names it. */
export async function chosenInput(tool) {
  const source = await chosenSource()?.ready
  return source ? (mainSourceOf(tool.input)?.put([source]) ?? {}) : {}
}
