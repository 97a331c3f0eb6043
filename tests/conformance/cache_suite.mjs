// Says what each result of http-cache-tests means, by the suite's own rules:
// `node cache_suite.mjs FOLDER < results.json` prints [id, kind, verdict, detail] of every test.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const load = (path) => import(pathToFileURL(join(process.argv[2], path)))
const { default: suites } = await load('tests/index.mjs')
const { default: surrogate } = await load('tests/surrogate-control.mjs')
const { determineTestResult } = await load('lib/display.mjs')

const all = [...suites, surrogate]
const results = JSON.parse(readFileSync(0, 'utf8'))
const rows = all.flatMap((suite) => suite.tests).filter((test) => test.id in results)
console.log(JSON.stringify(rows.map((test) => [
  test.id,
  test.kind ?? 'required',
  determineTestResult(all, test.id, results)[2],
  results[test.id] === true ? '' : results[test.id].join(': ')
])))
