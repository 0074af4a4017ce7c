# Two stages: the compiler stays behind, and what runs has no shell and is not root.
# `npm run image:check` runs these lines and the result without a daemon (test/package/image.ts).
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json vite.config.ts ./
COPY src ./src
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json && node node_modules/vite/bin/vite.js build \
 && npm prune --omit=dev --ignore-scripts \
 && mkdir -p -m 1777 volume/data
# More than half of the packages is for compilers, debuggers, browsers and other runtimes: Node.js loads no TypeScript from
# node_modules, and msal-browser is loaded by the browser build of @azure/identity alone.
RUN find dist node_modules -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' \) -delete \
 && find node_modules/@azure node_modules/@typespec -type d \
      \( -name browser -o -name dist-browser -o -name react-native -o -name workerd \) -prune -exec rm -rf {} + \
 && rm -rf node_modules/@azure/msal-browser

FROM gcr.io/distroless/nodejs24-debian12:nonroot
LABEL org.opencontainers.image.title="onedrive-webdav" \
      org.opencontainers.image.description="WebDAV server whose storage is the OneDrive accounts of a Microsoft 365 tenant" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=build /app/package.json ./
COPY config.schema.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# A new volume takes over the owner and the mode of the folder that it covers. Any user may write to it, because files
# that setup wrote are readable by their owner only: the container runs as that user (--user). The folder above is copied:
# builders drop the mode of the one that they are told to copy.
COPY --from=build --chown=65532:65532 /app/volume /
VOLUME /data
# Variables count before the file, so a configuration that setup wrote for this machine serves in a container as it is.
ENV ONEDRIVE_WEBDAV__LISTEN__HOST=0.0.0.0 ONEDRIVE_WEBDAV__LISTEN__PORT=8080 ONEDRIVE_WEBDAV__DATA_DIR=/data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s CMD ["/nodejs/bin/node", "/app/dist/main.js", "healthcheck", "--config", "/config/config.yaml"]
ENTRYPOINT ["/nodejs/bin/node", "/app/dist/main.js"]
CMD ["serve", "--config", "/config/config.yaml"]
