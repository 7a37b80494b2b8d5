/** The quick form of `npm run fuzz` for what comes over a link: a file of its own, so that two processors share the work. */
import { fuzzQuickly } from './quick-form.ts';
import { targetsOfLinks } from './targets.ts';

fuzzQuickly(targetsOfLinks);
