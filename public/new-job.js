import { chooseAddress, chosenKind, onChosenSource } from './chosen-source.js'
import { h, icon, useStyles } from './dom.js'
import { earlierInput } from './earlier-input.js'
import { makeJobForm } from './job-form.js'
import { makeJobSource } from './job-source.js'
import { language } from './language.js'
import { toolIcon, toolName, toolTitle } from './job-row.js'
import { knownTools } from './known-tools.js'
import './new-job-strings.js'
import { makeQuickActions } from './quick-actions.js'
import { makeSourceField } from './source-field.js'
import { toast } from './toast.js'

/** Which tools come first, by what was chosen. */
const FITTING = { image: ['gif', 'sanjuuni', 'transcode', 'ffmpeg'], audio: ['audio', 'waveform', 'trim', 'ffmpeg'], video: ['transcode', 'gif', 'audio', 'trim', 'video_frame', 'sanjuuni'] }

/** Makes a job: what it reads, and what shall become of it, at once or with settings of one's own. */
export async function openView({ t, hub, navigate, params }) {
  await Promise.all([useStyles('/new-job.css'), ...(language === 'zh' ? [import('./tool-strings-zh.js'), import('./field-strings-zh.js')] : [])])
  if (params.source) chooseAddress(params.source)
  const tools = await knownTools(hub)
  const tool = tools.find(({ name }) => name === params.tool)
  const earlier = tool && params.from ? await earlierInput(hub, params.from, { onHidden: () => toast(t('new.link_hidden'), { tone: 'bad' }) }) : undefined
  const source = tool ? makeJobSource({ t, hub, tool, earlier }) : makeSourceField({ t, hub })
  const parts = tool ? [makeJobForm({ t, hub, navigate, tool, source, earlier })]
    : [makeQuickActions({ hub, navigate, tools }), makeToolChoice({ t, tools, isUnknown: params.tool !== undefined })]
  const title = tool ? toolTitle(tool) : t('new.title')
  const element = h('section', { class: 'page new-page' },
    h('div', { class: 'new-head' }, h('a', { class: 'back', href: tool ? '#/new' : '#/' }, icon('back'), t(tool ? 'new.title' : 'app.jobs')), h('h1', {}, title)),
    source.element, parts.map((part) => part.element))
  return {
    element, title,
    close() {
      source.close()
      for (const part of parts) part.close()
    },
  }
}

function makeToolChoice({ t, tools, isUnknown }) {
  const list = h('ul', { class: 'tool-cards', role: 'list' })
  const stop = onChosenSource(show)
  show()
  return { element: h('section', {}, h('h2', { class: 'section-title' }, t(isUnknown ? 'new.no_tool' : 'new.all_tools')), list), close: stop }

  function show() {
    const first = FITTING[chosenKind()]
    const rank = ({ name }) => (first.includes(name) ? first.indexOf(name) : first.length)
    const sorted = tools.toSorted((a, b) => rank(a) - rank(b))
    list.replaceChildren(...sorted.map((tool) => [tool.name, toolTitle(tool)]).map(([name, title]) => h('li', {}, h('a', { class: 'card tool-card', href: name === 'gif' ? '#/gif' : `#/new/${name}` },
      h('span', { class: 'tile' }, toolIcon(name)), h('strong', {}, toolName(name)), h('span', { class: 'soft small' }, title)))))
  }
}
