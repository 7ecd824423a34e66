"""What makes weights here: converters, quantizers, generators."""
