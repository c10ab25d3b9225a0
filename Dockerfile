# One image for every app: the command chooses which, such as `node apps/gateway/dist/main.js`.
# docker build -t parlance .
ARG NODE_IMAGE=node:24-bookworm-slim

# What npm needs to know, apart from the code: an edited source file does not install everything anew.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /src
COPY . .
RUN mkdir /manifests \
  && find . -name package.json -exec cp --parents {} /manifests \; \
  && cp package-lock.json .npmrc /manifests

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY --from=manifests /manifests ./
RUN --mount=type=cache,target=/var/cache/npm npm ci --cache /var/cache/npm --prefer-offline
COPY . .
# The apps that run as processes of their own, and what they are made of. Declarations, maps and specs serve nobody there; the launchers
# of a machine's own servers and the scenarios are no apps of an image.
RUN apps=$(ls apps | grep -vxE 'standalone|cluster|e2e') \
  && npm run --silent generate \
  && npx tsc -b $(printf 'apps/%s ' $apps) \
  && mkdir /out \
  && for app in $apps; do cp --parents -r "apps/$app/package.json" "apps/$app/dist" /out; done \
  && find libs -name dist -prune -exec cp --parents -r {} /out \; \
  && find libs -name package.json -not -path '*/testing/*' -exec cp --parents {} /out \; \
  && cp --parents -r package.json prisma/migrations tools/src/compose/make-secrets.mjs /out \
  && find /out \( -name '*.d.ts' -o -name '*.map' -o -name '*.tsbuildinfo' -o -name '.tsbuildinfo' -o -name '*.fixture.js' -o -name '*conformance*.js' \) -delete

# The embedded Postgres is optional, Prisma's generator and TypeScript are peers: an image needs none of them, nor Prisma's query
# compilers for other databases, nor what packages bring for bundlers and debuggers.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /src
COPY --from=manifests /manifests ./
RUN --mount=type=cache,target=/var/cache/npm npm ci --cache /var/cache/npm --prefer-offline --omit=dev --omit=optional --omit=peer \
  && find node_modules/@prisma/client/runtime -name 'query_compiler_*' -not -name 'query_compiler_fast_bg.postgresql.*' -delete \
  && find node_modules/@prisma/client/runtime -name '*.js' -name 'query_compiler_*' -delete \
  && find node_modules \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
# Folders that volumes are mounted on belong to the user of the process.
RUN install -d -o 1000 -g 1000 /var/lib/parlance/files /run/parlance
COPY --from=dependencies /src/node_modules node_modules
COPY --from=build /out .
USER 1000:1000
EXPOSE 3000
# By the shell that is there: starting a Node for each look would cost more than an idle app.
HEALTHCHECK --interval=3s --timeout=3s --start-period=60s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
CMD ["node", "apps/gateway/dist/main.js"]
