# The studio in a container. For the processor:   docker build -t framepack-studio .
# For an NVIDIA card:                             docker build --build-arg DEVICE=cuda -t framepack-studio .
# Nobody has built it yet; a test holds it against the program, and reads it.
FROM python:3.11-slim-bookworm

ARG DEVICE=cpu

# Triton compiles its kernels with gcc.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /studio
COPY requirements.txt ./
# PyTorch's usual package for Linux brings CUDA, several GB of it; for the processor another build is taken first.
RUN case "$DEVICE" in \
      cpu) pip install --no-cache-dir uv && uv pip install --system --no-cache --torch-backend=cpu torch==2.13.0 ;; \
      cuda) ;; \
      *) echo "DEVICE is cpu or cuda" >&2; exit 1 ;; \
    esac \
    && pip install --no-cache-dir -r requirements.txt

COPY .streamlit ./.streamlit
COPY framepack ./framepack
COPY projects ./projects
COPY pages ./pages
COPY examples ./examples
COPY studio_app.py LICENSE ./

# Nothing in it needs the rights of an administrator.
RUN useradd --create-home --uid 1000 studio \
    && mkdir -p /data /models \
    && chown studio:studio /data /models
USER studio

# Whoever reaches the container is asked for a password, which is set by: python -m projects password
ENV STUDIO_HOME=/data \
    STUDIO_MODELS=/models \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STUDIO_SHARE=1 \
    PYTHONUNBUFFERED=1
VOLUME ["/data", "/models"]
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
# As Ctrl-C: workers end at a step, and go on from there the next time.
STOPSIGNAL SIGINT
CMD ["python", "-m", "streamlit", "run", "studio_app.py"]
