/**
 * Every public method of a repository says whose rows it touches: its first parameter is a `tenantId`, a `scope` that
 * carries one, or a batch whose items carry one each. A query that forgets the tenant then has no parameter to forget.
 */

const CARRIES_TENANT = /^(?:tenantId|scope)$|(?:^batch|Batch|^items|Items)$/;

/** @param {string} filename @returns {boolean} */
const isRepository = (filename) => filename.endsWith('.repository.ts');

/** @param {import('@typescript-eslint/types').TSESTree.Parameter | undefined} parameter @returns {string | undefined} */
function nameOf(parameter) {
  if (parameter === undefined) return undefined;
  if (parameter.type === 'AssignmentPattern') return nameOf(parameter.left);
  return parameter.type === 'Identifier' ? parameter.name : undefined;
}

/** @param {import('@typescript-eslint/types').TSESTree.MethodDefinition} method @returns {boolean} */
const isPublicMethod = (method) =>
  method.kind === 'method' &&
  !method.static &&
  (method.accessibility ?? 'public') === 'public' &&
  method.key.type !== 'PrivateIdentifier';

/** Hooks of Nest's life cycle are called by the framework and touch no rows. */
const LIFE_CYCLE = /^(?:onModule(?:Init|Destroy)|onApplication(?:Bootstrap|Shutdown)|beforeApplicationShutdown)$/;

/** @type {import('eslint').Rule.RuleModule} */
export const tenantFirst = {
  meta: {
    type: 'problem',
    docs: { description: 'require a tenant as the first parameter of public repository methods' },
    messages: {
      missing: "Repository method '{{method}}' must take `tenantId`, `scope` or a batch of tenant items first.",
    },
    schema: [],
  },
  create(context) {
    if (!isRepository(context.filename)) return {};
    return {
      MethodDefinition(node) {
        const method = /** @type {import('@typescript-eslint/types').TSESTree.MethodDefinition} */ (
          /** @type {unknown} */ (node)
        );
        const name = method.key.type === 'Identifier' ? method.key.name : context.sourceCode.getText(node.key);
        if (!isPublicMethod(method) || LIFE_CYCLE.test(name)) return;
        if (CARRIES_TENANT.test(nameOf(method.value.params[0]) ?? '')) return;
        context.report({ node, messageId: 'missing', data: { method: name } });
      },
    };
  },
};
