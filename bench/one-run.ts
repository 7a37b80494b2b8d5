/** The process of one run: asks one question once, and sends the figures to whoever started it. */
import '../src/base/node-20-shim.ts';
import { assert } from '../src/base/index.ts';
import type { Form } from './question.ts';
import { questions } from './questions.ts';

const [name, form = '{}'] = process.argv.slice(2);
const question = questions.find((each) => each.name === name);
assert(question, 'the question is one of the benchmark');
process.send!(await question.run(JSON.parse(form) as Form));
process.disconnect();
