# The image of caracal-gate: one bundle and Node, no shell, no package manager, no node_modules.
#   docker build --tag caracal-gate-exporter:0.1.0 .
# Behind a proxy that inspects TLS, npm needs the proxy's certificate authority: `--secret id=ca,src=FILE` (PEM).
# Same input, same image: with both digests, and SOURCE_DATE_EPOCH (`--output type=image,rewrite-timestamp=true`, or
# `buildah build --timestamp`). scripts/image.sh gives all of them, and tries the image.

# Bases are named to the version; a release pins them by digest too, as @sha256:...
ARG BUILD_IMAGE=docker.io/library/node:24.21.0-bookworm-slim
ARG BUILD_DIGEST=
# Any other image will do that has node 24 in PATH or /nodejs/bin and the C library of Debian.
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot
ARG RUNTIME_DIGEST=

# What is built is the same for every processor: it is built once, on the builder's own.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE}${BUILD_DIGEST} AS build
WORKDIR /build
# Packages first: they change less often than the source. No script of a package is run.
COPY package.json package-lock.json .npmrc ./
# The authority is there for this one step, added to those that Node has, and in no layer.
RUN --mount=type=secret,id=ca \
    if [ -e /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi \
 && npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/build.ts scripts/bundle-options.ts scripts/bundle-plugins.ts scripts/schema-files.ts scripts/
COPY src src
COPY docs/runbook docs/runbook
RUN node_modules/.bin/tsc --noEmit \
 && node scripts/build.ts \
 # The maps are larger than the program, and only read when Node is told to.
 && find dist -name '*.map' -delete \
 && chmod -R a=rX,u+w dist

FROM ${RUNTIME_IMAGE}${RUNTIME_DIGEST}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="caracal-gate-exporter" \
      org.opencontainers.image.description="Says whether a rollout of Caracal may proceed, as Prometheus metrics, JSON and exit codes." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY LICENSE /licenses/LICENSE
COPY --from=build /build/dist /app
ENV NODE_ENV=production PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
# Nobody in particular: as the distroless and the chart have it. Nothing is written to the file system.
USER 65532:65532
EXPOSE 9465
STOPSIGNAL SIGTERM
# Whether the exporter is alive, not what it says. CARACAL_GATE_URL tells where, if it listens elsewhere or with TLS.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/app/main.js", "healthcheck"]
# What keeps memory small, and below the container's limit, `serve` sees to itself (src/cli/footprint.ts).
ENTRYPOINT ["node", "/app/main.js"]
CMD ["serve"]
