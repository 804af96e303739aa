"""Pictures of a page as arrays, and as people see them whose eyes tell fewer colours apart, or on grey paper."""

import base64
import io

import numpy as np
from PIL import Image

# Linear RGB as dichromats see it: Machado, Oliveira, Fernandes (IEEE TVCG 15(6), 2009), severity 1.
SIGHTS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    "grey": [[0.2126, 0.7152, 0.0722]] * 3,
}


def picture(address):
    """Return (height, width, 3) of a data: address of a PNG, on white, from 0 to 1."""
    with Image.open(io.BytesIO(base64.b64decode(address.split(",", 1)[1]))) as image:
        drawn = image.convert("RGBA")
        return np.asarray(Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn))[..., :3] / 255


def seen_as(image, sight):
    """Return a picture as somebody of a sight sees it."""
    linear = np.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)
    found = np.clip(linear @ np.array(SIGHTS[sight]).T, 0, 1)
    return np.where(found <= 0.0031308, found * 12.92, 1.055 * found ** (1 / 2.4) - 0.055)
