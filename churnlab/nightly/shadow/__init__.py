"""Shadow: a challenger scores beside the champion."""
