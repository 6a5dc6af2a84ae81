import { mainSourceOf } from './client/client/index.js'
import { chooseAddress, chosenKind, chosenSource, clearChosen, isWholeSource, onChosenSource } from './chosen-source.js'
import { makeSourceField } from './source-field.js'
import { makeSourceList } from './source-list.js'
import { chosenInput } from './submit-job.js'

const ASSUMED = { image: 'assumed:picture', audio: 'assumed:sound', video: 'assumed:film' }

/**
 * What a job of this tool reads: one source, or several in their order. `shown()` is that part of its input as far as it
 * is known, `assumed()` the same with stand-ins for the rest, and `ready()` resolves when all has been sent.
 * Begins with what an `earlier` input names.
 */
export function makeJobSource({ t, hub, tool, earlier }) {
  const main = mainSourceOf(tool.input)
  return main?.least === undefined ? single({ t, hub, tool, main, earlier }) : several({ t, hub, main, earlier })
}

function single({ t, hub, tool, main, earlier }) {
  const [first] = (earlier && main?.read(earlier)) ?? []
  if (first !== undefined) chooseAddress(first)
  // What was chosen for something else is not meant.
  else if (earlier) clearChosen()
  const field = makeSourceField({ t, hub })
  const part = (source) => main?.put([source]) ?? {}
  return {
    ...field,
    onChange: onChosenSource,
    isMissing: (input) => main !== undefined && !chosenSource() && !('inputs' in input),
    shown: (input) => ('inputs' in input ? {} : part(chosenSource()?.source ?? 'upload:…')),
    assumed(input) {
      const given = chosenSource()?.source
      return 'inputs' in input ? {} : part(given !== undefined && isWholeSource(given) ? given : ASSUMED[chosenKind()])
    },
    ready: async (input) => ('inputs' in input ? {} : chosenInput(tool)),
  }
}

function several({ t, hub, main, earlier }) {
  const list = makeSourceList({ t, hub, addresses: earlier && main.read(earlier) })
  const put = (sources) => main.put(sources, earlier)
  return {
    element: list.element, close: list.close, showError: list.showError,
    onChange: list.onChange,
    isMissing: () => list.entries.length < main.least,
    shown: () => put(list.entries.map(({ source }) => source ?? 'upload:…')),
    assumed() {
      const sources = list.entries.map(({ source, kind }) => source ?? ASSUMED[kind])
      while (sources.length < main.least) sources.push(ASSUMED.video)
      return put(sources)
    },
    ready: async () => put(await Promise.all(list.entries.map(({ ready }) => ready))),
  }
}
