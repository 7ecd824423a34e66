"""What a person would write with pywhispercpp and nothing else: import, load, transcribe, print.

Arguments: the worker's payload as JSON, and the WAV.  Prints {"transcribe_seconds", "text"}.
"""

import json
import sys
import time
import wave

import numpy as np
from pywhispercpp.model import Model

payload = json.loads(sys.argv[1])
model = Model(
    payload["weights"]["model"],
    params_sampling_strategy=0,
    redirect_whispercpp_logs_to=False,
    context_params={"use_gpu": payload["use_gpu"], "flash_attn": payload["flash_attention"]},
    language=payload["language"],
    n_threads=payload["threads"],
    temperature=0.0,
    temperature_inc=0.0,
    no_context=True,
    n_max_text_ctx=0,
    print_progress=False,
    print_realtime=False,
    print_timestamps=False,
    greedy={"best_of": 1},
)
with wave.open(sys.argv[2]) as file:
    pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / np.float32(32768)
begun = time.perf_counter()
segments = model.transcribe(pcm)
spent = time.perf_counter() - begun
print(json.dumps({"transcribe_seconds": spent, "text": " ".join(each.text for each in segments)}))
