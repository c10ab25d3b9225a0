/** The workspace's own lint rules, under the prefix `parlance/`. */
import { tenantFirst } from './tenant-first.mjs';

/** @type {import('eslint').ESLint.Plugin} */
export const parlancePlugin = { rules: { 'tenant-first': tenantFirst } };
