"""What turns text into vectors: OpenVINO or torch, whichever is fastest here."""
