import { registerStrings } from './language.js'

registerStrings({
  en: {
    'broken.state': 'Broke off: {share} of {size} are at the hub, until {time}',
    'broken.whole': 'All {size} are at the hub, until {time}',
    'broken.choose': 'Choose it again',
    'broken.again': 'Choose it again: {name}',
    'broken.forget': 'Give up: {name}',
    'broken.other': 'That is another file. To go on, choose the same {name} of {size}, unchanged.',
    'broken.on_job': 'This job waits for an upload that broke off. Choose the same file again, and it goes on from there.',
  },
  zh: {
    'broken.state': '上传中断：{size} 中的 {share} 已在服务器上，保留至 {time}',
    'broken.whole': '{size} 已全部在服务器上，保留至 {time}',
    'broken.choose': '重新选择该文件',
    'broken.again': '重新选择该文件：{name}',
    'broken.forget': '放弃：{name}',
    'broken.other': '这是另一个文件。要继续上传，请选择同一个未改动的文件：{name}（{size}）。',
    'broken.on_job': '此任务在等待一个中断的上传。重新选择同一个文件，即可从中断处继续。',
  },
})
