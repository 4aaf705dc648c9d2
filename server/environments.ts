/** Which environments this node serves: those that its sites name. */
import { readdirSync } from 'node:fs';
import type { Config } from './config.ts';
import { hasCode, reasonOf, StartError } from './errors.ts';
import { demoSites, readSites } from './sites.ts';

/**
 * The names, each once.
 * @param shipped the folder of the declarations that come with the product
 * @throws StartError for one that is not declared: its site would show a button that leads nowhere;
 *   and for an operator's folder that cannot be read
 */
export async function servedEnvironments(config: Config, shipped: string): Promise<string[]> {
  const { sitesFile, environmentsFolder } = config;
  const sites = sitesFile ? await readSites(sitesFile) : demoSites(undefined);
  const known = new Set([...namesIn(environmentsFolder), ...namesIn(shipped)]);
  for (const { key, environment } of sites.values()) {
    if (known.has(environment)) continue;
    const remedy = `use one of: ${[...known].sort().join(', ')}; or declare it in ${environmentsFolder}`;
    const where = sitesFile ?? 'the documentation page';
    throw new StartError(`${where}: ${key}: there is no environment "${environment}"; ${remedy}.`);
  }
  return [...new Set([...sites.values()].map(({ environment }) => environment))].sort();
}

function namesIn(folder: string): string[] {
  return filesIn(folder)
    .filter((name) => name.endsWith('.toml'))
    .map((name) => name.slice(0, -'.toml'.length));
}

/** A folder that is not there has none: most operators need none of their own. */
function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    const remedy = 'name a folder that can be read, or one that is not there for none';
    throw new StartError(
      `TRY_CONSOLE_ENVIRONMENTS_FOLDER is "${folder}": ${reasonOf(error)}; ${remedy}.`,
    );
  }
}
