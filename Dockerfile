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
# The apps that run as processes of their own; all that they need is in what is built, but for the pages that the api shows.
RUN apps=$(ls apps | grep -vxE 'standalone|cluster|e2e') \
  && npm run --silent generate \
  && node tools/src/build/main.mjs --apps \
  && mkdir /out \
  && for app in $apps; do cp --parents -r "apps/$app/package.json" "apps/$app/dist" /out; done \
  && cp --parents -r package.json dist prisma/migrations tools/src/compose/make-secrets.mjs node_modules/swagger-ui-dist /out \
  && find /out -name '*.map' -delete

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
# Folders that volumes are mounted on belong to the user of the process.
RUN install -d -o 1000 -g 1000 /var/lib/parlance/files /run/parlance
COPY --from=build /out .
USER 1000:1000
EXPOSE 3000
# By the shell that is there: starting a Node for each look would cost more than an idle app.
HEALTHCHECK --interval=3s --timeout=3s --start-period=60s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
CMD ["node", "apps/gateway/dist/main.js"]
