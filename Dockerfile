# The server as an image: built from this tree, run without root, without a shell
# and without anything to write to.
#
#   docker build -t catchup .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges \
#     -e TURN_SECRET=… -e CATCHUP_DOMAIN=… \
#     -p 127.0.0.1:8011:8000 -p 3478:3478/udp -p 3478:3478/tcp catchup

FROM docker.io/library/debian:bookworm-slim AS build
WORKDIR /src
# What changes seldom comes first: system packages, npm packages, then the tree.
COPY mk/setup mk/lib.sh mk/
RUN mk/setup run
COPY web/package.json web/package-lock.json web/
COPY web/patches web/patches
COPY web/scripts web/scripts
RUN mk/setup run
COPY . .
RUN mk/build && strip -o /catchup build/release/catchup

FROM docker.io/library/debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libcaf-core0.17 libsodium23 libssl3 \
      libsrtp2-1 libprotobuf-lite32 zlib1g \
      $([ "$(dpkg --print-architecture)" != amd64 ] || echo libipsec-mb1) \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="catchup" \
      org.opencontainers.image.description="Private video calls from a link: web app, signalling and relay in one program" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /catchup /usr/local/bin/catchup
USER 65532:65532
EXPOSE 8000/tcp 3478/udp 3478/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s CMD ["catchup", "health"]
ENTRYPOINT ["catchup"]
