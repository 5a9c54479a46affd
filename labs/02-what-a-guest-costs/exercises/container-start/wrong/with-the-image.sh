#!/bin/bash
# Most of this is making the image. That is done once, and here it was done before.
work=$(mktemp -d)
cat >"$work/Dockerfile" <<'IMAGE'
FROM lab/web
RUN ["mkdir", "/a"]
RUN ["mkdir", "/b"]
RUN ["mkdir", "/c"]
RUN ["mkdir", "/d"]
RUN ["mkdir", "/e"]
RUN ["mkdir", "/f"]
CMD ["echo", "here"]
IMAGE
begun=${EPOCHREALTIME/[.,]/}
docker run --rm "$(DOCKER_BUILDKIT=0 docker build --quiet --no-cache "$work")"
ended=${EPOCHREALTIME/[.,]/}
echo "$(((ended - begun) / 1000)) ms" >~/findings/container-start
