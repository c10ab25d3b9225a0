import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Router, static as serveFiles, type Response } from 'express';
import helmet from 'helmet';
import type { Dialect } from '@parlance/dialect-kit';
import { asyncApiDocument } from './asyncapi.js';
import type { OpenApiDocument } from './document.js';

const PAGE = '/api/docs';
const DOCUMENT = '/api/openapi.json';

/** All assets are local: the page works without the internet. */
const pageOf = (dialects: readonly Dialect[]): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Parlance API</title>
    <link rel="stylesheet" href="${PAGE}/swagger-ui.css" />
    <link rel="icon" type="image/png" href="${PAGE}/favicon-32x32.png" />
  </head>
  <body>
    <p>The sockets, as AsyncAPI 3: ${dialects.map(({ name }) => `<a href="${PAGE}/asyncapi/${name}.json">${name}</a>`).join(', ')}</p>
    <div id="swagger-ui"></div>
    <script src="${PAGE}/swagger-ui-bundle.js"></script>
    <script src="${PAGE}/start.js"></script>
  </body>
</html>
`;

const START = `window.ui = SwaggerUIBundle({ url: '${DOCUMENT}', dom_id: '#swagger-ui', deepLinking: true });\n`;

const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** The OpenAPI document, a page to read it with, and an AsyncAPI document for each dialect's socket. */
export function docsRouter(document: OpenApiDocument, dialects: readonly Dialect[]): Router {
  const router = Router();
  const text = JSON.stringify(document);
  const directives = { upgradeInsecureRequests: null };
  router.use(PAGE, helmet({ contentSecurityPolicy: { directives } }));
  router.get(DOCUMENT, (_request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    send(response, 'application/json', text);
  });
  const page = pageOf(dialects);
  router.get(PAGE, (_request, response) => send(response, 'text/html', page));
  for (const dialect of dialects) {
    // Made when somebody first asks: rendering every sample takes a moment that a start need not wait for.
    let made: string | undefined;
    router.get(`${PAGE}/asyncapi/${dialect.name}.json`, (_request, response) => {
      response.setHeader('access-control-allow-origin', '*');
      send(response, 'application/json', (made ??= JSON.stringify(asyncApiDocument(dialect))));
    });
  }
  router.get(`${PAGE}/start.js`, (_request, response) => send(response, 'text/javascript', START));
  const files = serveFiles(assetsFolder(), { index: false, redirect: false });
  for (const asset of ASSETS) {
    router.get(`${PAGE}/${asset}`, (request, response, next) => {
      request.url = `/${asset}`;
      return files(request, response, next);
    });
  }
  return router;
}

function send(response: Response, type: string, text: string): void {
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' }).end(text);
}

function assetsFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
}
